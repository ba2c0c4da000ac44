//go:build race

package signing

// slowdown is by how much the race detector stretches limits of time and memory.
const slowdown = 5
