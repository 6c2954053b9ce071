package format

import (
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/compress"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// zstdWindow is how far back a page is compared with itself. The library's own
// codec keeps 32 MiB for each of its encoders, of which pages use a hundredth.
const zstdWindow = 512 << 10

// smallZstd compresses pages, one at a time.
type smallZstd struct {
	parquetzstd.Codec // decodes, and names itself in the file
	encoder           func() (*zstd.Encoder, error)
}

func newSmallZstd() compress.Codec {
	return &smallZstd{encoder: sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil,
			zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true)) // the pages have a checksum of their own
	})}
}

// Encode implements compress.Codec.
func (c *smallZstd) Encode(dst, src []byte) ([]byte, error) {
	e, err := c.encoder()
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(src, dst[:0]), nil
}
