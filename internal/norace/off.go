//go:build !race

package norace

// Detector says that this binary has the race detector in it.
const Detector = false
