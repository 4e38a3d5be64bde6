package pattern

const (
	// cacheSlots is how many Programs a Cache holds.
	cacheSlots = 32

	// maxCached is the length of the longest pattern that a Cache keeps.
	maxCached = 256
)

// Cache keeps the Programs of the patterns used last, so that a loop does not compile its
// pattern each time. The zero value is an empty Cache. It is not safe for concurrent use.
// It holds up to 32 Programs, each with a pattern of up to 256 bytes.
type Cache struct {
	slots [cacheSlots]*Program
}

// Get returns the Program of a pattern, from the Cache if it is there. It keeps the
// string.
func (c *Cache) Get(pattern string) *Program {
	if len(pattern) > maxCached {
		return Compile(pattern)
	}
	slot := slotOf(pattern)
	p := c.slots[slot]
	if p != nil && p.pattern == pattern {
		return p
	}
	other := c.slots[slot^1]
	if other == nil || other.pattern != pattern {
		other = Compile(pattern)
	}
	c.slots[slot], c.slots[slot^1] = other, p // the one used last is looked at first
	return other
}

// GetGmatch is Get for gmatch.
func (c *Cache) GetGmatch(pattern string) *Program {
	if pattern != "" && pattern[0] == '^' {
		return CompileGmatch(pattern)
	}
	return c.Get(pattern)
}

// slotOf depends on the bytes of the pattern alone, so that a program takes the same
// steps in each run.
func slotOf(pattern string) uint {
	hash := uint(len(pattern)) * 31
	if len(pattern) > 0 {
		hash += uint(pattern[0])*7 + uint(pattern[len(pattern)/2])*5 + uint(pattern[len(pattern)-1])*3
	}
	return hash % cacheSlots
}
