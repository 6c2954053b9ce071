package shell

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// mostHistory bounds the history that is read, and what its file holds after
// that.
const mostHistory = 2000

// longestEntry bounds an entry as the file has it: a longer one is not kept.
const longestEntry = 1 << 20

// history is what was entered, kept in a file that only its owner reads: one
// JSON string a line, so that a statement of several lines is one entry. It is
// a source of the line editor's.
type history struct {
	path  string // empty: not kept
	lines []string
}

// openHistory reads a history. A file that cannot be read is an error, and the
// history works without it.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	lines, err := readHistory(path)
	if err != nil {
		h.path = ""
		return h, fmt.Errorf("the history is not kept: %w", err)
	}
	if h.lines = lines; len(lines) > mostHistory {
		h.lines = lines[len(lines)-mostHistory:]
		err = h.rewrite()
	}
	return h, err
}

func readHistory(path string) (lines []string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, longestEntry+1)
	for in.Scan() {
		var line string
		if json.Unmarshal(in.Bytes(), &line) == nil { // else cut off by a crash
			lines = append(lines, line)
		}
	}
	return lines, in.Err()
}

func (h *history) rewrite() error {
	var b strings.Builder
	for _, line := range h.lines {
		b.Write(encoded(line))
	}
	tmp := h.path + ".new"
	if err := os.WriteFile(tmp, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, h.path)
}

func encoded(line string) []byte {
	text, err := json.Marshal(line)
	if err != nil {
		return nil // of a string there is none
	}
	return append(text, '\n')
}

// Write adds an entry, unless it is the last one again, begins with a space or
// holds a secret.
func (h *history) Write(line string) (int, error) {
	private := strings.HasPrefix(line, " ") || holdsSecret(line)
	line = strings.TrimRight(line, space)
	entry := encoded(line)
	if private || line == "" || len(entry) > longestEntry || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return len(h.lines), nil
	}
	h.lines = append(h.lines, line)
	if h.path == "" {
		return len(h.lines), nil
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return len(h.lines), err
	}
	_, err = f.Write(entry)
	return len(h.lines), errors.Join(err, f.Chmod(0o600), f.Close())
}

// GetLine returns an entry; the first is 0.
func (h *history) GetLine(i int) (string, error) {
	if i < 0 || i >= len(h.lines) {
		return "", errors.New("shell: there is no such entry in the history")
	}
	return h.lines[i], nil
}

// Len returns the number of entries.
func (h *history) Len() int { return len(h.lines) }

// Dump returns all entries.
func (h *history) Dump() any { return h.lines }

var (
	secretWord = regexp.MustCompile(`(?i)(pass|secret|token|private_key|session_?id)\w*\W{0,4}[=:]`)
	secretSet  = regexp.MustCompile(`(?i)^\.\w+\s.*(pass|secret|token|key|session)`)
	secretDSN  = regexp.MustCompile(`(?i)salesforce://[^/\s]*@`)
)

// holdsSecret guesses. A query that compares a token column is lost from the
// history as well; that is the cheaper mistake. A session id of Salesforce's
// begins with the org's Id and an exclamation mark.
func holdsSecret(line string) bool {
	return secretDSN.MatchString(line) || secretWord.MatchString(line) || secretSet.MatchString(line) || strings.Contains(line, "00D") && strings.Contains(line, "!")
}
