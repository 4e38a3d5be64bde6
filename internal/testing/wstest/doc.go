// Package wstest is the ground of the tests: an in-memory network whose faults a test can
// order, the other end of a WebSocket connection played by the test, certificates, and a
// check that no goroutine stays behind.
//
// Everything blocks on conditions and timers alone, so it works in a testing/synctest
// bubble, where time is fake, as well as outside. The package imports the standard
// library only: its frames and its handshake are written a second time here on purpose,
// both to misbehave where ours must not and to notice when ours is wrong.
package wstest
