//go:build !unix

package sandbox

// nonblocking is for named pipes, which files of other systems are not.
const nonblocking = 0
