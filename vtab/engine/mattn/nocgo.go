//go:build sfsql_mattn && !cgo

package mattn

// This fails to compile on purpose, so that the error names its cause.
var _ = the_tag_sfsql_mattn_needs_cgo_so_set_CGO_ENABLED_to_1_and_have_a_C_compiler
