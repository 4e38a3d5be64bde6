-- Three libraries written elsewhere, for LuaJIT's time, unchanged: dkjson (JSON), Penlight's class (classes) and
-- Penlight's pretty and inspect (serializers).
local dkjson = require "dkjson"
local class = require "pl.class"
local pretty = require "pl.pretty"
local inspect = require "inspect"

-- dkjson: what it writes it reads again; positions of errors; metatables for arrays and objects.
local value = {name = "tide\n\"wire\"", list = {1, 2.5, -3e10, true}, empty = setmetatable({}, {__jsontype = "array"}), deep = {{{}}}}
local text = dkjson.encode(value, {indent = true, keyorder = {"name", "list"}})
local back, pos, err = dkjson.decode(text, 1, nil)
assert(err == nil and pos == #text + 1, err)
assert(back.name == value.name and #back.list == 4 and back.list[3] == -3e10 and back.list[4] == true)
assert(text:find('"list":[1,2.5,-30000000000,true]', 1, true), text)
assert(dkjson.encode({"é", "\1"}) == '["é","\\u0001"]')
local none, _, message = dkjson.decode('{"a": [1, }')
assert(none == nil and message:find("at line 1, column 11", 1, true), message)
assert(dkjson.decode('"\\ud834\\udd1e"') == "\240\157\132\158")
assert(dkjson.decode("null", 1, "nothing") == "nothing")

-- Penlight's class: inheritance, super, tostring, properties of instances, is_a.
local Animal = class()
function Animal:_init(name) self.name = name end
function Animal:__tostring() return self.name .. ": " .. self:speak() end
function Animal:speak() return "?" end
local Dog = class(Animal)
function Dog:speak() return "bark" end
local Cat = class(Animal)
function Cat:_init(name, breed) self:super(name) self.breed = breed end
function Cat:speak() return "meow" end
local fido, felix = Dog("Fido"), Cat("Felix", "tabby")
assert(tostring(fido) == "Fido: bark" and tostring(felix) == "Felix: meow", tostring(felix))
assert(felix:is_a(Animal) and Dog:class_of(fido) and not Cat:class_of(fido) and felix.breed == "tabby")

-- The serializers: what pretty writes it reads again; inspect shows keys in order and cycles once.
local data = {1, "two", {three = 3, [4] = {5}}, ["a b"] = true, ["end"] = 1.5}
local read = assert(pretty.read(pretty.write(data)))
assert(read[2] == "two" and read[3].three == 3 and read[3][4][1] == 5 and read["a b"] == true and read["end"] == 1.5)
local loop = {x = 1, a = {"y\0z"}}
loop.me = loop
assert(inspect(loop) == '<1>{\n  a = { "y\\0z" },\n  me = <table 1>,\n  x = 1\n}', inspect(loop))
print("ok")
