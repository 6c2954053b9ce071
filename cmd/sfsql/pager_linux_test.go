package main

import (
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// What the program starts does not ignore a pipe that breaks, though the program
// itself does not end by it.
func TestPagerIsEndedByABrokenPipe(t *testing.T) {
	c := open(t, t.TempDir(), []string{"PAGER=grep SigIgn /proc/self/status"}, "--org", "demo")
	c.enter("SELECT Name FROM Contact LIMIT 60;")
	c.shows("SigIgn:")
	c.ready()
	found := regexp.MustCompile(`SigIgn:\s+([0-9a-f]+)`).FindStringSubmatch(c.text())
	if found == nil {
		t.Fatal(c.text())
	}
	mask, err := strconv.ParseUint(found[1], 16, 64)
	if err != nil || mask&(1<<(syscall.SIGPIPE-1)) != 0 {
		t.Errorf("signals %s are ignored, %v", found[1], err)
	}
}
