// Package notice measures how soon a state notices an interrupt, in processor time, which
// it can on Linux alone.
package notice
