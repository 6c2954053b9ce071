//go:build !race

package lawtest

const raceDetector = false
