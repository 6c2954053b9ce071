package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const completionExamples = `  source <(sfsql completion bash)
  sfsql completion zsh > "${fpath[1]}/_sfsql"
  sfsql completion fish > ~/.config/fish/completions/sfsql.fish
  sfsql completion powershell | Out-String | Invoke-Expression`

// shells are those that completion speaks to.
var shells = []string{"bash", "zsh", "fish", "powershell"}

// bashWords is what cobra's script takes of the package bash-completion, for
// where that is not loaded; loaded later, it takes the place of this one.
const bashWords = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    # Sets cur, prev, words and cword of the line up to the cursor, cut at spaces alone.
    _get_comp_words_by_ref() {
        local line=${COMP_LINE:0:COMP_POINT}
        read -ra words <<<"$line"
        case $line in *[[:space:]]) words+=("") ;; esac
        cword=$((${#words[@]} - 1))
        cur=${words[cword]} prev=${words[cword > 0 ? cword - 1 : 0]}
    }
fi

`

func (p *program) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "print a script that completes sfsql's command line",
		Long:      "Print a script with which a shell completes commands, flags, their values and\nthe names of saved orgs.",
		Example:   completionExamples,
		ValidArgs: shells,
		Args:      exactly(1, "bash|zsh|fish|powershell"),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var script strings.Builder
			var err error
			switch args[0] {
			case "bash":
				script.WriteString(bashWords)
				err = root.GenBashCompletionV2(&script, true)
			case "zsh":
				err = root.GenZshCompletion(&script)
			case "fish":
				err = root.GenFishCompletion(&script, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(&script)
			default:
				return usagef("there is no completion for %s; there is for %v", args[0], shells)
			}
			if err != nil {
				return fmt.Errorf("writing the completion for %s: %w", args[0], err)
			}
			return p.print(script.String())
		},
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return p.print(version() + "\n") },
	}
}

func (p *program) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "print a command's help",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no command %q", args[0])
			}
			return found.Help()
		},
	}
}

// completeFlags tells the shells the values of flags.
func (p *program) completeFlags(cmd *cobra.Command) {
	none := cobra.ShellCompDirectiveNoFileComp
	for name, values := range map[string]func() []string{
		"mode":   func() []string { return valid(cmd, "mode") },
		"header": func() []string { return valid(cmd, "header") },
		"api":    func() []string { return valid(cmd, "api") },
		"org":    p.orgNames,
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), none
		}) // it fails for a flag that is not there, which a test would see
	}
}

func valid(cmd *cobra.Command, flag string) []string {
	c, _ := cmd.Flags().Lookup(flag).Value.(choice)
	return c.valid
}

func (p *program) orgNames() []string {
	orgs, _ := p.shellOrgs() // without them there is still demo
	names := []string{"demo"}
	for _, o := range orgs {
		names = append(names, o.Name)
	}
	return names
}
