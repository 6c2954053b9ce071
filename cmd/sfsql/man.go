package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

const manExamples = `  sfsql man | man -l -
  sfsql man ~/.local/share/man/man1`

// manCommand is for those who package the program; the help leaves it out.
func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man [DIR]",
		Short:   "write the manual pages",
		Long:    "Write the manual pages of sfsql and of each command into the folder DIR, or\nwithout one that of sfsql to standard output.",
		Example: manExamples,
		Hidden:  true,
		Args:    atMost(1, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return writeManual(cmd.Root(), args[0])
			}
			page, err := manPage(cmd.Root())
			if err != nil {
				return err
			}
			return p.print(string(page))
		},
	}
}

// writeManual writes the page of a command and of those below it.
func writeManual(cmd *cobra.Command, dir string) error {
	for _, sub := range cmd.Commands() {
		if !documented(sub) {
			continue
		}
		if err := writeManual(sub, dir); err != nil {
			return err
		}
	}
	page, err := manPage(cmd)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	if err := os.WriteFile(filepath.Join(dir, name), page, 0o666); err != nil {
		return &outputError{err}
	}
	return nil
}

func documented(cmd *cobra.Command) bool {
	return cmd.IsAvailableCommand() && !cmd.IsAdditionalHelpTopicCommand()
}

// manPage returns the page of a command. It has no date: the same program
// always writes the same page.
func manPage(cmd *cobra.Command) ([]byte, error) {
	cmd.DisableAutoGenTag = true
	cmd.InitDefaultHelpFlag()
	var out bytes.Buffer
	var never time.Time
	header := &doc.GenManHeader{Section: "1", Source: "sfsql", Manual: "sfsql manual", Date: &never}
	if err := doc.GenMan(cmd, header, &out); err != nil {
		return nil, fmt.Errorf("writing the manual page of %s: %w", cmd.CommandPath(), err)
	}
	if !cmd.HasParent() {
		fmt.Fprintf(&out, "\n.SH ENVIRONMENT\n.EX\n%s.EE\n\n.SH EXIT STATUS\n.EX\n%s.EE\n", environmentHelp, exitHelp)
	}
	date := fmt.Appendf(nil, "%q", never.Format("Jan 2006"))
	return bytes.Replace(out.Bytes(), date, []byte(`""`), 1), nil
}
