// Package interop runs the real runner, with the Lua scripts in testdata, against
// WebSocket servers that others wrote: the ws library of Node and the websockets library
// of Python, each over ws and wss. Its tests carry the build tag interop, so that `go
// test ./...` needs Go alone; `make interop` installs the servers and runs them.
//
// Some tests start further programs for themselves, on loopback or in network namespaces
// of their own:
//
//	nginx                  TLS with every kind of certificate, refusals and redirects
//	squid, tinyproxy       HTTP and HTTPS proxies
//	microsocks             SOCKS5
//	mosquitto, Chromium    peers of examples/mqtt.lua and examples/devtools.lua
//	aiohttp                permessage-deflate, beside ws and websockets
//	servers/               servers of special kinds, on Python's ssl or on bare sockets
//
// The two libraries' server is started once, on loopback ports of its own choice, and
// shows one behaviour for each path:
//
//	/echo                  sends every message back
//	/protocol/choose       speaks beta or gamma, if offered, and says which
//	/protocol/rogue        answers with a subprotocol that nobody offered
//	/headers               sends the handshake's header fields, a line each, and the request's target
//	/close?code&reason     closes at once; without a code in the frame if none is given
//	/close/after           sends every message back and closes with 3001 after the message "last"
//	/push?count&size&wait  sends numbered messages, from the first message on if it is to wait, then closes with 1000
//	/ping                  pings, and says so when the pong carries the same payload
//	/fragments             sends one message in four fragments with a ping in between, closes at the pong
//	/raw?hex               sends these bytes as they are
//	/drop/fin              at the first message ends TCP in an orderly way, over TLS after close_notify, without a close frame
//	/drop/cut              the same without close_notify
//	/drop/reset            the same by resetting TCP
//	/stall?key             reads nothing more, says "stalled"; once resumed, counts messages and answers "count?"
//	/resume?key            lets that connection read on
//	/reset?key             resets that connection
//	/witness?key           says "witnessed" and takes down how the connection ends
//	/verdict?key           waits for that end and says "CODE MESSAGES REASON"
//	/refuse?status&body&times  answers the handshake with that status (403) and body
//	/silent                never answers the handshake
//	/hangup                ends TCP instead of an answer
package interop
