package templates

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// MergeValues replaces whole variables of base by those of changes and returns
// a new file of values. Both are YAML mappings of variable to value.
func MergeValues(base, changes []byte) ([]byte, error) {
	a, err := mapping(base)
	if err != nil {
		return nil, fmt.Errorf("values to change: %w", err)
	}
	b, err := mapping(changes)
	if err != nil {
		return nil, fmt.Errorf("changes of values: %w", err)
	}
	for k, v := range pairs(b) {
		found := false
		for i := 0; i+1 < len(a.Content); i += 2 {
			if a.Content[i].Value == k.Value {
				a.Content[i+1], found = v, true
			}
		}
		if !found {
			a.Content = append(a.Content, k, v)
		}
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(a); err != nil {
		return nil, fmt.Errorf("writing values: %w", err)
	}
	return out.Bytes(), nil
}

func mapping(data []byte) (*yaml.Node, error) {
	var f findings
	text, ok := f.source("values", data)
	if !ok {
		return nil, f.list
	}
	n := f.yaml("values", text, 0)
	if err := f.list.Err(); err != nil {
		return nil, err
	}
	return n, nil
}
