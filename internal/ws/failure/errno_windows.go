package failure

import "syscall"

// The numbers of Winsock: the names that package syscall shares with Unix have invented
// values here.
var errnos = []struct {
	errno    syscall.Errno
	category Category
}{
	{10061, Refused},     // WSAECONNREFUSED
	{10054, Reset},       // WSAECONNRESET
	{10053, Reset},       // WSAECONNABORTED
	{10058, Reset},       // WSAESHUTDOWN
	{10051, Unreachable}, // WSAENETUNREACH
	{10065, Unreachable}, // WSAEHOSTUNREACH
	{10050, Unreachable}, // WSAENETDOWN
	{10064, Unreachable}, // WSAEHOSTDOWN
	{10047, Unreachable}, // WSAEAFNOSUPPORT: no IPv6 on this machine
	{10049, Unreachable}, // WSAEADDRNOTAVAIL: no address, or no port left, to reach it from
	{10060, Timeout},     // WSAETIMEDOUT
}
