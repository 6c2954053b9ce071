package emulator

import (
	"math"
	"strconv"
)

// appendDouble appends a number as Java's Double.toString writes it: 300.0,
// 0.5, and from ten million up or below a thousandth 1.39E8, 2.0E-4.
func appendDouble(dst []byte, v float64) []byte {
	abs := math.Abs(v)
	if abs == 0 {
		return append(dst, "0.0"...)
	}
	if abs >= 1e-3 && abs < 1e7 {
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	return appendScientific(dst, v)
}

func appendScientific(dst []byte, v float64) []byte {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], v, 'e', -1, 64)
	e, point := 0, false
	for i, c := range text {
		if c == '.' {
			point = true
		}
		if c == 'e' {
			e = i
		}
	}
	dst = append(dst, text[:e]...)
	if !point {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	exponent, _ := strconv.Atoi(string(text[e+1:])) // AppendFloat writes nothing else there
	return strconv.AppendInt(dst, int64(exponent), 10)
}
