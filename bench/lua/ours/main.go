// Ours runs a Lua script on the VM of this repository, or measures that VM from a Go
// program's side.
package main

import "github.com/tidewire/tidewire/bench/lua/embedding"

func main() { embedding.Child(vm{}, run) }
