-- Failing operators: every operation on every kind of operand with every type of value. Prints a line for each program:
-- the program, a tab, and what it raises, or "nothing".
local values = {"nil", "true", "5", "'text'", "'7'", "{}", "same", "newproxy()", "coroutine.create(same)"}

-- How an operand is spelled, and what declares it. VALUE stands for the value.
local operands = {
  {"x", "local x = VALUE; "},
  {"up", "", "local up = VALUE"},
  {"glob", "glob = VALUE; "},
  {"t.f", "local t = {f = VALUE}; "},
  {"up.f", "", "local up = {f = VALUE}"},
  {"glob.f.g", "glob = {f = {g = VALUE}}; "},
  {"t['f g']", "local t = {['f g'] = VALUE}; "},
  {"t[1]", "local t = {VALUE}; "},
  {"t[k]", "local t, k = {f = VALUE}, 'f'; "},
  {"(VALUE)", ""},
  {"same(VALUE)", ""},
  {"(same(VALUE))", ""},
  {"(...)", ""},
  {"t:m()", "local t = {m = function() return VALUE end}; "},
  {"(no or x)", "local no, x = false, VALUE; "},
  {"(yes and x)", "local yes, x = 1, VALUE; "},
  {"(yes and glob)", "local yes = 1 glob = VALUE; "},
  {"(no or t.f)", "local no, t = nil, {f = VALUE}; "},
  {"(x or no)", "local no, x = nil, VALUE; "},
  {"(not x)", "local x = VALUE; "},
  {"(x == 1)", "local x = VALUE; "},
}

-- What is done to OPERAND.
local operations = {
  "local r = OPERAND.key", "local r = OPERAND[1]", "local r = OPERAND[other]", "local r = OPERAND.key.more",
  "(OPERAND).key = 1", "(OPERAND)[1] = 1", "(OPERAND).key.more = 1",
  "(OPERAND)()", "(OPERAND)(1, other)", "return (OPERAND)()", "(OPERAND).key()", "(OPERAND):key()", "return (OPERAND):key(1)",
  "local r = OPERAND + 1", "local r = 1 - OPERAND", "local r = OPERAND * other", "local r = other / OPERAND",
  "local r = OPERAND % OPERAND", "local r = 'text' ^ OPERAND", "local r = -OPERAND", "local r = 1 + 2 * OPERAND",
  "local r = #OPERAND", "local r = OPERAND .. 'a'", "local r = 'a' .. OPERAND", "local r = 'a' .. OPERAND .. 1 .. 'b'",
  "local r = other .. OPERAND", "local r = OPERAND .. other",
  "local r = OPERAND < 1", "local r = 1 > OPERAND", "local r = OPERAND <= 'a'", "local r = 'a' >= OPERAND",
  "if OPERAND < other then return end", "while not (OPERAND > OPERAND) do break end",
  "for i = OPERAND, 1 do break end", "for i = 1, OPERAND do break end", "for i = 1, 2, OPERAND do break end",
  "for k in OPERAND do break end", "for k in OPERAND, other do break end",
  "local a, b = 1, OPERAND.key", "local a, b, c = 1, 2 a, b = OPERAND.key, c", "same(1, OPERAND.key)",
  "local r = {1, OPERAND.key}", "if OPERAND.key then return end", "return 1, OPERAND + 1",
}

-- Where the program does it.
local places = {
  "BODY",
  "for i, v in ipairs({1}) do local captured = i later = function() return captured, v end BODY end",
  "repeat local a, b, c = 1, 2, other if a then BODY end until true",
  "local self = {} function self:method(a, ...) local r = a and 1 or 2 BODY end return self:method(nil, ...)",
}

function same(value) return value end

local function raises(program, value)
  local f, problem = loadstring(program, "=program")
  if not f then return problem end
  local ok, message = pcall(f(value), value)
  return ok and "nothing" or tostring(message)
end

for _, operation in ipairs(operations) do
  for _, operand in ipairs(operands) do
    for _, literal in ipairs(values) do
      local body = (operand[2] .. operation):gsub("OPERAND", (operand[1]:gsub("%%", "%%%%")))
      for _, place in ipairs(places) do
        local program = (operand[3] or "") .. " local other = nil return function(...) " ..
          place:gsub("BODY", (body:gsub("%%", "%%%%"))) .. " end -- VALUE"
        program = program:gsub("VALUE", literal)
        print(program, raises(program, loadstring("return " .. literal)()))
      end
    end
  end
end
