package check

import (
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
)

// ownPrefix begins the names of our modules. A script has none of its own there.
const ownPrefix = "tide."

// required is require "name".
type required struct {
	place
	name string
	sure bool // it runs whenever the file does
}

// unknownModules finds modules that require gives nobody. A script that uses package may
// have changed where it looks, and one that requires a module in a function or under a
// condition may know that it is not there.
func (s *script) unknownModules() (findings []Finding) {
	for _, r := range s.reads {
		if r.name.Name == "package" {
			return nil
		}
	}
	known := luaapi.RequiredNames()
	for _, r := range s.requires {
		if luaapi.Required(r.name) != nil || s.isFile(r.name) {
			continue
		}
		meant := spelling.Module(r.name, known)
		switch {
		case strings.HasPrefix(r.name, ownPrefix) && meant != "":
			findings = append(findings, r.finding("no module '%s'%s", r.name, didYouMean("", meant)))
		case strings.HasPrefix(r.name, ownPrefix):
			findings = append(findings, r.finding("no module '%s': those of tidewire are %s", r.name,
				strings.Join(ownModules(known), ", ")))
		case r.sure && s.opts.Find != nil && !s.opts.Find(r.name):
			findings = append(findings, r.finding("no module '%s' beside the script or in the folders of -I%s", r.name,
				didYouMean("", meant)))
		}
	}
	return findings
}

// isFile reports whether a module is among the files that are checked.
func (s *script) isFile(module string) bool {
	path := strings.ReplaceAll(module, ".", "/")
	return slices.ContainsFunc(s.files, func(file string) bool {
		return strings.HasSuffix("/"+file, "/"+path) || strings.HasSuffix("/"+file, "/"+path+"/init")
	})
}

// ownModules are the names that begin with ownPrefix.
func ownModules(known []string) (own []string) {
	for _, name := range known {
		if strings.HasPrefix(name, ownPrefix) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return own
}
