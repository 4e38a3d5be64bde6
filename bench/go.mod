module github.com/tidewire/tidewire/bench

go 1.26.0

require (
	github.com/tidewire/tidewire v0.0.0
	github.com/yuin/gopher-lua v1.1.2
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/tidewire/tidewire => ../
