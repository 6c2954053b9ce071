// Command org is the emulated org that the clients of this folder talk to:
// sfsql emulator without the shell around it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/sfsql/sfsql/internal/emulatorcmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if emulatorcmd.Command().ExecuteContext(ctx) != nil {
		os.Exit(1)
	}
}
