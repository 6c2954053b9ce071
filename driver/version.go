package driver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/salesforce"
)

// olderVersion returns the version to speak with an org that does not have the
// newest one that is known here, "" where err says something else or the DSN
// names a version. Asking only then saves every other connection the call.
func (o *org) olderVersion(ctx context.Context, err error) string {
	var refused *salesforce.Error
	if o.cfg.APIVersion != "" || !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
		return ""
	}
	offered, err := o.client.Versions(ctx)
	if err != nil {
		return ""
	}
	version, err := agree("", offered)
	if err != nil || version == defaultAPIVersion {
		return ""
	}
	return version
}

// agree returns the API version to speak: the one that is wanted, or the
// newest that both sides know.
func agree(wanted string, offered []salesforce.Version) (string, error) {
	newest, most := "", number(defaultAPIVersion)
	for _, v := range offered {
		if v.Version == wanted {
			return wanted, nil
		}
		if n := number(v.Version); n <= most && n > number(newest) {
			newest = v.Version
		}
	}
	switch {
	case len(offered) == 0 || newest == "":
		return "", &advisedError{"the org offers no API version that is known here", "check that the host is Salesforce's"}
	case wanted != "":
		return "", &advisedError{
			fmt.Sprintf("the org does not have API version %s", wanted),
			fmt.Sprintf("leave api_version out, or set one from %s to %s", offered[0].Version, offered[len(offered)-1].Version),
		}
	}
	return newest, nil
}

// number is the 67 of 67.0; 0 where there is none.
func number(version string) int {
	major, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(major)
	return n
}
