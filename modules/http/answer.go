package http

import (
	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// values makes the results of a request: a response, or nil, message, info.
func (m *Module) values(result *httpclient.Result) ([]lua.Value, error) {
	if result.Response != nil {
		response, err := m.response(result.Response, result.URL)
		return []lua.Value{response}, err
	}
	message, err := m.state.String(result.Failure.Message)
	if err != nil {
		return nil, err
	}
	info, err := luavalue.Make(m.state, wsapi.FailureFields(result))
	return []lua.Value{lua.Nil, message, info}, err
}

// response makes the table of an answer.
func (m *Module) response(r *httpclient.Response, url string) (lua.Value, error) {
	s := m.state
	table, err := s.NewTable(0, 6)
	if err != nil {
		return lua.Nil, err
	}
	cookies, err := m.list(r.Header.Values("Set-Cookie"))
	if err != nil {
		return lua.Nil, err
	}
	headers, err := luavalue.Make(s, wsapi.HeaderFields(r.Header))
	if err != nil {
		return lua.Nil, err
	}
	body, err := m.body(r.Body)
	if err != nil {
		return lua.Nil, err
	}
	last, err := s.String(url)
	if err != nil {
		return lua.Nil, err
	}
	for _, field := range []struct {
		name  string
		value lua.Value
	}{
		{"status", lua.Number(float64(r.Status))},
		{"ok", lua.Bool(r.Status >= 200 && r.Status <= 299)},
		{"headers", headers},
		{"cookies", cookies},
		{"body", body},
		{"url", last},
	} {
		if err := table.SetString(field.name, field.value); err != nil {
			return lua.Nil, err
		}
	}
	return table.Value(), nil
}

// body makes one string of the pieces of a body.
func (m *Module) body(body *httpclient.Body) (lua.Value, error) {
	if len(body.Pieces) == 1 {
		return m.state.Bytes(body.Pieces[0])
	}
	b := m.state.NewBuilder()
	b.Room(int(body.Len()))
	for _, piece := range body.Pieces {
		b.WriteBytes(piece)
	}
	return b.Value()
}

func (m *Module) list(texts []string) (lua.Value, error) {
	table, err := m.state.NewTable(len(texts), 0)
	if err != nil {
		return lua.Nil, err
	}
	for i, text := range texts {
		value, err := m.state.String(text)
		if err != nil {
			return lua.Nil, err
		}
		if err := table.SetInt(i+1, value); err != nil {
			return lua.Nil, err
		}
	}
	return table.Value(), nil
}
