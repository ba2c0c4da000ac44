// Package testdata holds cases that several packages and the demo share: a block with its people, the values of its
// covenant, and the script of what people do. No person in them is real.
package testdata

import "embed"

// Cases holds a directory for each case: block.yaml, covenant.yaml and scenario.yaml, and perhaps seal.png and
// process.yaml.
//
//go:embed hanam2021 block7 noichinh
var Cases embed.FS
