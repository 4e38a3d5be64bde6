-- Method calls on objects, through a class and its parent: self, __index, fields.
-- without strings
local n = tonumber((...) or 1000000)

local Account = {}
Account.__index = Account

function Account.new(class, balance)
  return setmetatable({balance = balance, moves = 0}, class)
end

function Account:deposit(amount)
  self.balance = self.balance + amount
  self.moves = self.moves + 1
end

function Account:total()
  return self.balance
end

local Limited = setmetatable({}, {__index = Account})
Limited.__index = Limited

function Limited:withdraw(amount)
  if self:total() < amount then return false end
  self:deposit(-amount)
  return true
end

local plain, limited = Account:new(0), Limited:new(100)
local refused = 0
for i = 1, n do
  plain:deposit(i)
  if i % 2 == 0 then limited:deposit(3) end
  if not limited:withdraw(2) then refused = refused + 1 end
end
print(plain:total(), plain.moves, limited:total(), limited.moves, refused)
