package main

import (
	"fmt"
	"slices"
	"strings"
)

// choice is a flag with a few valid values.
type choice struct {
	value *string
	label string // stands for the value in the help
	valid []string
}

func (c choice) String() string { return *c.value }

func (c choice) Type() string { return c.label }

func (c choice) Set(v string) error {
	if v = strings.ToLower(v); !slices.Contains(c.valid, v) {
		return fmt.Errorf("valid are %s", strings.Join(c.valid, ", "))
	}
	*c.value = v
	return nil
}
