package profile

import "testing"

func umask(int) int { return 0 }

func asNobody(*testing.T, ...string) {}
