package salesforce

import (
	"context"
	"fmt"
	"io"
)

// maxBlob bounds the bytes of one base64 field. Salesforce stores files of up
// to 2 GB, more than a row should bring into memory.
const maxBlob = 256 << 20

// Blob returns the bytes behind the path that a query gives for a base64
// field. More than 256 MiB are an error.
func (c *Client) Blob(ctx context.Context, path string) ([]byte, error) {
	var out []byte
	err := c.do(ctx, &call{op: "reading the bytes of a file", ref: path, raw: true, read: func(r io.Reader) error {
		b, err := io.ReadAll(io.LimitReader(r, maxBlob+1))
		if err == nil && len(b) > maxBlob {
			err = fmt.Errorf("the file is larger than %d bytes", maxBlob)
		}
		out = b
		return err
	}})
	return out, err
}
