package lua

// Push stores a result after the arguments, which stay readable. It is for functions with
// many results, or with as many as are found on the way: such a function ends with
// ReturnPushed.
func (c *Call) Push(v Value) error {
	if err := c.th.ensure(c.top + 1); err != nil {
		return err
	}
	c.th.stack[c.top] = v
	c.top++
	return nil
}

// ReturnPushed makes the pushed values the function's results. Like Return it checks Err.
func (c *Call) ReturnPushed() error {
	if c.err != nil {
		return c.err
	}
	from := c.base + c.args
	c.result = copy(c.th.stack[c.base-1:], c.th.stack[from:c.top])
	return nil
}

// ReturnNumber is Return of one number.
func (c *Call) ReturnNumber(f float64) error {
	if c.err != nil {
		return c.err
	}
	c.th.stack[c.base-1] = Number(f)
	c.result = 1
	return nil
}
