package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// maxSize bounds a configuration; real ones have a few hundred bytes.
const maxSize = 1 << 20

// node is a member of a JSON or YAML mapping.
type node struct {
	line    int
	key     string
	text    string   // of a scalar, as it is written
	null    bool     // null or nothing
	list    []string // of a list of scalars
	members []node   // of a mapping
	kind    kind
}

type kind int

const (
	scalar kind = iota
	list
	mapping
	other // a list of anything but scalars
)

// parseTree reads a file whose whole is a mapping.
func parseTree(r io.Reader) ([]node, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("foreign: %w", err)
	case len(text) > maxSize:
		return nil, fmt.Errorf("foreign: the file is larger than %d bytes: no configuration", maxSize)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New("foreign: the file is empty")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(text); trimmed[0] == '{' {
		return parseJSON(text)
	}
	return parseYAML(text)
}

// parseJSON leaves the decoder's own words out of errors, since they may quote
// the text.
func parseJSON(text []byte) ([]node, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	lineAt := func(offset int64) int { // of what comes next
		rest := bytes.TrimLeft(text[offset:], " \t\r\n,:")
		return 1 + bytes.Count(text[:len(text)-len(rest)], []byte("\n"))
	}
	bad := func() error {
		return fmt.Errorf("foreign: line %d is no valid JSON, or has a key that was there before", lineAt(dec.InputOffset()))
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, bad()
	}
	root, err := jsonMembers(dec, lineAt, 0)
	if err != nil {
		if errors.Is(err, errDeep) {
			return nil, err
		}
		return nil, bad()
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("foreign: line %d: there is more after the configuration's end", lineAt(dec.InputOffset()))
	}
	return root, nil
}

const maxDepth = 16

var errDeep = fmt.Errorf("foreign: mappings lie more than %d deep: no configuration", maxDepth)

// jsonMembers reads a mapping whose { has been read.
func jsonMembers(dec *jsontext.Decoder, lineAt func(int64) int, depth int) ([]node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	var out []node
	for {
		line := lineAt(dec.InputOffset())
		key, err := dec.ReadToken()
		if err != nil || key.Kind() == '}' {
			return out, err
		}
		n := node{key: key.String(), line: line}
		if err := n.readJSON(dec, lineAt, depth); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
}

func (n *node) readJSON(dec *jsontext.Decoder, lineAt func(int64) int, depth int) (err error) {
	switch dec.PeekKind() {
	case '{':
		if _, err = dec.ReadToken(); err != nil {
			return err
		}
		n.kind = mapping
		n.members, err = jsonMembers(dec, lineAt, depth+1)
		return err
	case '[':
		return n.readList(dec)
	}
	value, err := dec.ReadToken()
	if err != nil {
		return err
	}
	n.text, n.null = value.String(), value.Kind() == 'n'
	return nil
}

func (n *node) readList(dec *jsontext.Decoder) error {
	n.kind = list
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if k := dec.PeekKind(); k == '{' || k == '[' {
			n.kind = other
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		item, err := dec.ReadToken()
		if err != nil {
			return err
		}
		n.list = append(n.list, item.String())
	}
	_, err := dec.ReadToken()
	return err
}

func parseYAML(text []byte) ([]node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return nil, yamlError(err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("foreign: the file has more than one YAML document; keep the one with the configuration")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("foreign: the file is no mapping of keys to values, neither JSON nor YAML")
	}
	return yamlMembers(doc.Content[0], 0)
}

// yamlError keeps of the parser's message the line: the rest may quote what
// stands there, a password that begins with * for one.
func yamlError(err error) error {
	line := 0
	if _, rest, found := strings.Cut(err.Error(), "line "); found {
		_, _ = fmt.Sscanf(rest, "%d", &line)
	}
	if line == 0 {
		return errors.New("foreign: the file is no valid YAML; put texts with special characters in quotes")
	}
	return fmt.Errorf("foreign: near line %d the file is no valid YAML; put texts with special characters in quotes", line)
}

func yamlMembers(m *yaml.Node, depth int) ([]node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	var out []node
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("foreign: line %d: a key is no text", key.Line)
		case seen[key.Value]:
			return nil, fmt.Errorf("foreign: line %d: the key %s was there before", key.Line, quote(key.Value))
		}
		seen[key.Value] = true
		n := node{key: key.Value, line: key.Line}
		if err := n.readYAML(value, depth); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (n *node) readYAML(value *yaml.Node, depth int) (err error) {
	switch value.Kind {
	case yaml.ScalarNode:
		n.text, n.null = value.Value, value.Tag == "!!null"
	case yaml.MappingNode:
		n.kind = mapping
		n.members, err = yamlMembers(value, depth+1)
	case yaml.SequenceNode:
		n.kind = list
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				n.kind = other
			}
			n.list = append(n.list, item.Value)
		}
	default:
		err = fmt.Errorf("foreign: line %d, key %s: references to other values (*name) are not followed; write the value, or quote it", value.Line, quote(n.key))
	}
	return err
}

// quote shows a key. A file that is no configuration may have anything there.
func quote(key string) string {
	if runes := []rune(key); len(runes) > 40 {
		key = string(runes[:40]) + "…"
	}
	return fmt.Sprintf("%q", key)
}
