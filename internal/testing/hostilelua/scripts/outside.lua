-- Ways out of the state: to files, programs, the environment, the process.

--- files: read
-- vm: passes
-- gopher-lua: passes
assert(not io or select(3, io.open("/etc/passwd")) == 13)
assert(not io or not pcall(io.lines, "/etc/passwd"))

--- files: written
-- vm: passes
-- gopher-lua: absent
assert(select(3, io.open("hostile.txt", "w")) == 13 and not pcall(io.output, "hostile.txt"))
assert(select(3, os.remove("/tmp")) == 13 and select(3, os.rename("a", "b")) == 13)

--- files: temporary
-- vm: passes
-- gopher-lua: absent
pcall(os.tmpname)
pcall(io.tmpfile)

--- files: paths that try
-- vm: passes
-- gopher-lua: absent
for _, path in ipairs {"", ".", "..", "/", "\0", "/etc/passwd\0.lua", "../../../../etc/passwd", "/proc/self/mem", "/dev/zero", "~",
	"CON", ("x/"):rep(1e4), "file:///etc/passwd"} do
	assert(not io.open(path) and not loadfile(path) and not pcall(dofile, path))
end

--- files: as modules
-- vm: passes
-- gopher-lua: passes
if package then package.path = "/etc/?;/proc/self/?" end
assert(not require or not pcall(require, "passwd") and not pcall(require, "../../etc/passwd"))

--- files: loaded as code
-- vm: passes
-- gopher-lua: passes
assert(not dofile or not pcall(dofile, "/etc/hostname"))
assert(not loadfile or not loadfile("/etc/hostname"))

--- programs
-- vm: passes
-- gopher-lua: passes
assert(not os or not os.execute or select(3, os.execute("id")) == 13)
assert(not io or select(3, io.popen("id")) == 13)

--- environment
-- vm: passes
-- gopher-lua: passes
assert(not os or os.getenv("HOME") == nil and os.getenv("PATH") == nil and os.setenv == nil)

--- native code
-- vm: passes
-- gopher-lua: passes
assert(not package or not package.loadlib("libc.so.6", "*") and not pcall(require, "ffi"))

--- input: read when there is none
-- vm: passes
-- gopher-lua: absent
assert(io.read() == nil and io.read("*a") == "" and io.read(0) == nil)
for _, format in ipairs {"*n", "*l", "*x", "", 2^53, -1, 0/0, ("x"):rep(1e5)} do pcall(io.read, format) end

--- input: closed, and used on
-- vm: passes
-- gopher-lua: absent
pcall(io.close, io.stdin)
pcall(io.stdin.close, io.stdin)
pcall(io.read)
pcall(io.lines)

--- output: closed, and used on
-- vm: passes
-- gopher-lua: absent
pcall(io.close)
pcall(io.stdout.close, io.stdout)
pcall(io.write, "x")
pcall(print, "x")

--- output: a flood in one call
-- vm: passes
-- gopher-lua: absent
local s, t = ("x"):rep(2^18), {}
for i = 1, 200 do t[i] = s end
io.write(unpack(t))

--- output: positions and buffers
-- vm: passes
-- gopher-lua: absent
for _, x in ipairs {-1, 2^53, 0/0, 1/0, "x"} do
	pcall(io.stdout.seek, io.stdout, "set", x)
	pcall(io.stdout.setvbuf, io.stdout, "full", x)
end

--- files' methods on other objects
-- vm: passes
-- gopher-lua: absent
for name, method in pairs(getmetatable(io.stdout)) do
	if type(method) == "function" and name ~= "close" then
		for _, self in ipairs {{}, 1, "x", newproxy(true), print, coroutine.create(print)} do pcall(method, self) end
	end
end

--- the channels and the printer of gopher-lua
-- vm: passes
-- gopher-lua: passes
assert(channel == nil and _printregs == nil)
