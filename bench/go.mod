module github.com/tidewire/tidewire/bench

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/coder/websocket v1.8.15
	github.com/gobwas/httphead v0.1.0
	github.com/gobwas/ws v1.5.0
	github.com/gorilla/websocket v1.5.3
	github.com/klauspost/compress v1.20.3
	github.com/lxzan/gws v1.8.9
	github.com/tidewire/tidewire v0.0.0
	github.com/tidewire/tidewire/doors/gopherlua v0.0.0
	github.com/yuin/gopher-lua v1.1.2
)

require (
	github.com/dolthub/maphash v0.1.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/tidewire/tidewire => ../

replace github.com/tidewire/tidewire/doors/gopherlua => ../doors/gopherlua
