package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// leastMemory is what rendering and signing need, however small the machine.
	leastMemory = 256 << 20
	// mostMemory is as much as an installation has use for; the rest is the database's and the file cache's.
	mostMemory = 2 << 30
)

// boundMemory bounds the memory of the process: by GOMEMLIMIT, which the runtime reads, else by the configuration's
// memory_limit, else by three quarters of what the machine or its control group gives. Beyond it the collector works
// harder; it is no hard limit.
func boundMemory(limit string) error {
	if os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	bytes := min(max(machineMemory()/4*3, leastMemory), mostMemory)
	if limit != "" {
		var err error
		if bytes, err = memorySize(limit); err != nil {
			return err
		}
	}
	debug.SetMemoryLimit(bytes)
	return nil
}

// memorySize reads a size as GOMEMLIMIT has it: 800MiB, 2GiB.
func memorySize(text string) (int64, error) {
	for unit, factor := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		number, ok := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseInt(number, 10, 64); ok && err == nil && n > 0 && n <= math.MaxInt64/factor {
			if n*factor < leastMemory {
				break
			}
			return n * factor, nil
		}
	}
	return 0, sentence("cấu hình memory_limit: %q không dùng được; cần từ 256MiB, ví dụ 800MiB hoặc 2GiB",
		"configuration memory_limit: %q will not do; want 256MiB or more, as in 800MiB or 2GiB", text)
}

// machineMemory is how many bytes the machine has, or the control group of the process is given, if that is less. Where
// the system does not say, it is what the bound is at most.
func machineMemory() int64 {
	memory := int64(mostMemory) / 3 * 4
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int64
		line, _, _ := bytes.Cut(data, []byte("\n"))
		if _, err := fmt.Sscanf(string(line), "MemTotal: %d kB", &kib); err == nil {
			memory = kib << 10
		}
	}
	if data, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil {
			memory = min(memory, n)
		}
	}
	return memory
}
