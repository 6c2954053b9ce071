package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseFault reads a fault as `sfsql emulator --fault` takes it:
//
//	KIND[@ENDPOINT][:after=N][:times=N|all][:delay=DURATION]
//
// such as 503@query:after=2:times=3. The kind error is followed by what it
// answers: error=403/API_DISABLED_FOR_ORG@query, or error=428 without a body.
func ParseFault(text string) (Fault, error) {
	parts := strings.Split(text, ":")
	kind, endpoint, aimed := strings.Cut(parts[0], "@")
	if aimed && endpoint == "" {
		return Fault{}, fmt.Errorf("emulator: fault %q: an endpoint must follow @", text)
	}
	f := Fault{Kind: FaultKind(kind), Endpoint: endpoint}
	if name, answer, chosen := strings.Cut(kind, "="); chosen {
		status, code, coded := strings.Cut(answer, "/")
		n, err := strconv.ParseUint(status, 10, 16)
		if err != nil || coded && code == "" {
			return Fault{}, fmt.Errorf("emulator: fault %q: write STATUS/CODE or STATUS after =, not %q", text, answer)
		}
		f.Kind, f.Status, f.Code = FaultKind(name), int(n), code
	}
	for _, option := range parts[1:] {
		if err := f.set(option); err != nil {
			return Fault{}, fmt.Errorf("emulator: fault %q: %w", text, err)
		}
	}
	if err := f.Validate(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

func (f *Fault) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch name {
	case "after", "times":
		if name == "times" && value == "all" {
			f.Times = -1
			return nil
		}
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || name == "times" && n == 0 {
			return fmt.Errorf("%s must be a number, not %q", name, value)
		}
		if name == "after" {
			f.After = int(n)
		} else {
			f.Times = int(n)
		}
	case "delay":
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("delay must be a duration such as 2s, not %q", value)
		}
		f.Delay = d
	default:
		return fmt.Errorf("no option %q; there are after, times and delay", name)
	}
	return nil
}

// String is the fault as ParseFault takes it.
func (f Fault) String() string {
	text := string(f.Kind)
	if f.Status != 0 {
		text += fmt.Sprintf("=%d", f.Status)
	}
	if f.Code != "" {
		text += "/" + f.Code
	}
	if f.Endpoint != "" {
		text += "@" + f.Endpoint
	}
	if f.After > 0 {
		text += fmt.Sprintf(":after=%d", f.After)
	}
	switch {
	case f.Times < 0:
		text += ":times=all"
	case f.Times > 0:
		text += fmt.Sprintf(":times=%d", f.Times)
	}
	if f.Delay > 0 {
		text += ":delay=" + f.Delay.String()
	}
	return text
}
