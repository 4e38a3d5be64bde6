package main

import (
	"errors"
	"strings"
)

// listMissing is the value that --allow-net and --deny-net get when they have none. It is
// no item of a list.
const listMissing = "\x00"

// list is the value of --allow-net and --deny-net, lists with commas that engine.NewPolicy
// reads; given twice, they add up. It comes after a = alone: in "--allow-net bot.lua" a
// separate word would be the script, and as often as not the person meant it so. It
// implements pflag.Value.
type list struct{ lists *[]string }

func (l *list) String() string {
	if l.lists == nil { // pflag asks the zero value
		return ""
	}
	return strings.Join(*l.lists, ",")
}

// Type is the value's name in --help.
func (l *list) Type() string { return "HOSTS" }

// Set implements pflag.Value.
func (l *list) Set(text string) error {
	if text == listMissing {
		return errListMissing
	}
	*l.lists = append(*l.lists, text)
	return nil
}

var errListMissing = errors.New("the list is missing")
