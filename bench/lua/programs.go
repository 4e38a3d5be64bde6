package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A kind says how a program's figure is read.
type kind int

const (
	plain     kind = iota // the time of the whole program
	operation             // the time of one operation; the program prints how many there were
	start                 // the time of a program that does nothing
	size                  // the bytes that the program prints
)

// A program is one Lua file.
type program struct {
	kind    kind
	name    string // of the file, without .lua
	title   string // its first comment
	strings bool   // counts in the mean over all, but not in that without strings
	path    string
}

// withoutStrings is the second line of a program that makes next to no strings.
const withoutStrings = "-- without strings"

// readPrograms returns the programs that match, in the order of the report.
func readPrograms(match *regexp.Regexp) ([]program, error) {
	var found []program
	for _, from := range []struct {
		kind    kind
		pattern string
	}{
		{plain, "lua/programs/*.lua"},
		{operation, "lua/operations/*.lua"},
		{start, "lua/nothing.lua"},
		{size, "lua/suspended.lua"},
	} {
		paths, err := filepath.Glob(from.pattern)
		if err != nil {
			return nil, err
		}
		if paths == nil {
			return nil, fmt.Errorf("no file %s: run this in the folder of the module bench", from.pattern)
		}
		for _, path := range paths {
			p, err := readProgram(from.kind, path)
			if err != nil {
				return nil, err
			}
			if match.MatchString(p.name) {
				found = append(found, p)
			}
		}
	}
	if found == nil {
		return nil, errors.New("no program has such a name")
	}
	return found, nil
}

func readProgram(kind kind, path string) (program, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	title, ok := strings.CutPrefix(first, "-- ")
	if !ok {
		return program{}, fmt.Errorf("%s does not begin with a comment that says what it is", path)
	}
	return program{
		kind:    kind,
		name:    strings.TrimSuffix(filepath.Base(path), ".lua"),
		title:   title,
		strings: !strings.HasPrefix(rest, withoutStrings+"\n"),
		path:    path,
	}, nil
}
