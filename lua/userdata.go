package lua

// A Userdata is a Go value as Lua sees it: opaque, with a metatable of its own.
type Userdata struct {
	data any
	meta *Table
	hash uint32
	mark uint32

	finalizer finalizerState
}

// finalizerState says whether a userdata is on the state's list of those that may have a
// finalizer.
type finalizerState uint8

const (
	unlisted finalizerState = iota
	listed
	finalized // its finalizer has run, or is about to
)

const userdataBytes = 48

// NewUserdata makes a userdata that holds a Go value. The memory that the value takes is
// not charged: see Charge and Sized. Over the memory limit it is as NewFunction.
func (s *State) NewUserdata(data any, meta *Table) Value {
	u := &Userdata{}
	s.InitUserdata(u, data, meta)
	return userdataValue(u)
}

// InitUserdata is NewUserdata for a Userdata that is a field of the struct that it holds:
// one allocation for both. The Userdata must be a zero one, and stay where it is.
func (s *State) InitUserdata(u *Userdata, data any, meta *Table) {
	s.use(userdataBytes)
	u.data, u.mark = data, s.born
	if _, isMarker := data.(Marker); isMarker && s.phase != walkIdle {
		s.markers = append(s.markers, u)
	}
	u.setMetatable(s, meta)
}

func (u *Userdata) setMetatable(s *State, meta *Table) {
	u.meta = meta
	if meta != nil {
		if s.phase != walkIdle {
			s.mark(tableValue(meta))
		}
		s.noteMetatable(meta)
		if u.finalizer == unlisted && s.mayHaveFinalizer(u) {
			s.noteFinalizer(u)
		}
	}
}

// Proxy is the data of a userdata that newproxy has made for a script: the script may do
// with it as it likes.
type Proxy struct{}

// SetUserdataMetatable gives a userdata another metatable; nil takes it away.
func (s *State) SetUserdataMetatable(u *Userdata, meta *Table) {
	if meta != nil {
		s.found(tableValue(meta))
	}
	u.setMetatable(s, meta)
}

// Data returns the Go value.
func (u *Userdata) Data() any { return u.data }

// SetData replaces the Go value. One that is a Marker or a Finalizer must have been one
// from the beginning.
func (u *Userdata) SetData(data any) { u.data = data }

// Metatable returns the userdata's metatable, or nil.
func (u *Userdata) Metatable() *Table { return u.meta }

// Value returns the userdata as a Value.
func (u *Userdata) Value() Value { return userdataValue(u) }
