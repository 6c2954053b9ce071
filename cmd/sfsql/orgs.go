package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sfsql/sfsql/internal/format"
	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/internal/profile/foreign"
)

const orgsExamples = `  sfsql orgs
  sfsql orgs default uat
  sfsql orgs import tap-config.json --name prod
  sfsql orgs rename prod live`

func (p *program) orgsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "orgs",
		Short:   "list and arrange the saved orgs",
		Long:    "List the saved orgs: name, * at the default one, host, user, how it logs in,\nand where its secrets are. The file itself is named at the end.",
		Example: orgsExamples,
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return p.listOrgs(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON array")
	p.quietFlag(cmd)
	cmd.AddCommand(
		p.orgsDefaultCommand(), p.orgsImportCommand(), p.orgsRenameCommand(), p.orgsRemoveCommand(),
	)
	return cmd
}

// noArgs, exactly and atMost are cobra's checks with this program's errors.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("sfsql %s takes no argument %q", commandName(cmd), args[0])
	}
	return nil
}

func exactly(n int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("usage: sfsql %s %s", commandName(cmd), names)
		}
		return nil
	}
}

func atMost(n int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("usage: sfsql %s [%s]", commandName(cmd), names)
		}
		return nil
	}
}

func commandName(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), "sfsql ")
}

// savedOrg is one line of the list.
type savedOrg struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
	Host    string `json:"host"`
	User    string `json:"user,omitempty"`
	Flow    string `json:"flow"`
	Secrets string `json:"secrets"` // none, keychain or file
}

func (p *program) savedOrgs() ([]savedOrg, *profile.Store, error) {
	store, err := profile.Open("")
	if err != nil {
		return nil, nil, err
	}
	orgs, err := store.List()
	if err != nil {
		return nil, nil, err
	}
	byDefault, err := store.Default()
	if err != nil {
		return nil, nil, err
	}
	out := []savedOrg{} // [] and not null in JSON
	for _, org := range orgs {
		where, err := store.Where(org.Name)
		if err != nil {
			return nil, nil, err
		}
		secrets := "none"
		switch {
		case len(where.Secrets) > 0 && where.Keychain:
			secrets = "keychain"
		case len(where.Secrets) > 0:
			secrets = "file"
		}
		out = append(out, savedOrg{
			Name: org.Name, Default: org.Name == byDefault, Host: org.Values["host"], User: org.Values["user"],
			Flow: org.Values["auth"], Secrets: secrets,
		})
	}
	return out, store, nil
}

func (p *program) listOrgs(asJSON bool) error {
	orgs, store, err := p.savedOrgs()
	if err != nil {
		return err
	}
	if asJSON {
		return p.writeJSON(orgs)
	}
	if len(orgs) == 0 {
		fmt.Fprintln(p.stderr, "no org is saved yet: sfsql login saves one; --org demo needs none")
		return nil
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tHOST\tUSER\tFLOW\tSECRETS")
	for _, o := range orgs {
		name := o.Name
		if o.Default {
			name += " *"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", format.OneLine(name), format.OneLine(o.Host), format.OneLine(or(o.User, "-")), or(o.Flow, "-"), o.Secrets)
	}
	_ = table.Flush() // a strings.Builder takes everything
	if err := p.print(text.String()); err != nil {
		return err
	}
	if !p.quiet {
		fmt.Fprintln(p.stderr, "* is the default; saved in "+store.File())
	}
	return nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// writeJSON writes a value and a line break to standard output.
func (p *program) writeJSON(v any) error {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return p.print(text.String())
}

// print writes to standard output what is no result of a statement.
func (p *program) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return &outputError{err}
	}
	return nil
}

func (p *program) orgsDefaultCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "default NAME",
		Short:   "make a saved org the one that is used where none is named",
		Example: "  sfsql orgs default prod",
		Args:    exactly(1, "NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := profile.Open("")
			if err != nil {
				return err
			}
			return store.SetDefault(args[0])
		},
	}
}

func (p *program) orgsRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "forget a saved org and its secrets; sfsql logout also ends its session",
		Example: "  sfsql orgs remove uat",
		Args:    exactly(1, "NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := profile.Open("")
			if err != nil {
				return err
			}
			return store.Delete(args[0])
		},
	}
}

func (p *program) orgsRenameCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "rename OLD NEW",
		Short:   "give a saved org another name",
		Example: "  sfsql orgs rename prod live",
		Args:    exactly(2, "OLD NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := profile.Open("")
			if err != nil {
				return err
			}
			return store.Hold(cmd.Context(), args[0], func() error { return rename(store, args[0], args[1]) })
		},
	}
}

// rename saves an org under its new name before the old one goes, so that no
// moment is without its secrets.
func rename(store *profile.Store, from, to string) error {
	if err := profile.CheckName(to); err != nil {
		return usagef("%v", err)
	}
	org, err := store.Get(from)
	if err != nil {
		return err
	}
	if err := freeName(store, to); err != nil {
		return err
	}
	byDefault, err := store.Default()
	if err != nil {
		return err
	}
	org.Name = to
	if _, err := store.Put(org); err != nil {
		return err
	}
	if byDefault == from {
		if err := store.SetDefault(to); err != nil {
			return err
		}
	}
	return store.Delete(from)
}

// freeName refuses the name of an org that is there.
func freeName(store *profile.Store, name string) error {
	orgs, err := store.List()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(orgs, func(o profile.Org) bool { return o.Name == name }) {
		return usagef("an org %s is saved already; sfsql orgs remove %s takes it away", name, name)
	}
	return nil
}

func (p *program) orgsImportCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "save the org that another tool's configuration describes",
		Long: `Save the org that another tool's configuration describes, JSON or YAML, - for
standard input: a Singer or Mage tap's, Multiwoven's or AI Squared's, a Nango
connection, or site, consumer_key and consumer_secret. Keys that mean nothing
here are named and left out. Nothing is asked of Salesforce; sfsql check does.`,
		Example: "  sfsql orgs import tap-config.json --name prod\n  sfsql check prod",
		Args:    exactly(1, "FILE"),
		RunE:    func(_ *cobra.Command, args []string) error { return p.importOrg(args[0], name) },
	}
	cmd.Flags().StringVar(&name, "name", "", "save it as `NAME`; left out: the beginning of its host's name")
	p.quietFlag(cmd)
	return cmd
}

func (p *program) importOrg(file, name string) error {
	in := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usagef("%v", err)
		}
		defer f.Close()
		in = f
	}
	found, err := foreign.Read(in)
	if err != nil {
		return usagef("%v", err)
	}
	org := found.Org
	if org.Name = name; name == "" {
		org.Name = nameFor(or(org.Values["instance_url"], org.Values["host"]))
	}
	store, err := profile.Open("")
	if err != nil {
		return err
	}
	if err := freeName(store, org.Name); err != nil {
		return err
	}
	if err := tryDSN(org.Values); err != nil {
		return err
	}
	kept, err := store.Put(org)
	if err != nil {
		return err
	}
	p.say("read as %s, saved as %s; %s", found.Format, org.Name, kept)
	for _, ignored := range slices.Sorted(slices.Values(found.Ignored)) {
		p.say("left out: %s", ignored)
	}
	p.say("sfsql check %s tries it", org.Name)
	return nil
}

// say tells something that is no result and no error.
func (p *program) say(text string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(p.stderr, "sfsql: %s\n", format.Harmless(fmt.Sprintf(text, args...)))
	}
}
