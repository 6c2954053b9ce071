// Package emulatorcmd is the command sfsql emulator: an emulated Salesforce org
// on a port of this machine, for any client, until it is interrupted.
package emulatorcmd
