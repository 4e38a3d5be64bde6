package engine

import (
	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/proto"
)

// maxPacked bounds how much of a message's compressed form a write buffer keeps room for.
const maxPacked = 64 << 10

// config is the offer in deflate's words.
func (o *Compression) config() deflate.Config {
	config := deflate.Config{
		ServerNoContextTakeover: o.ServerNoContextTakeover,
		ClientNoContextTakeover: o.ClientNoContextTakeover,
		ServerMaxWindowBits:     o.ServerMaxWindowBits,
		ClientMaxWindowBits:     o.ClientMaxWindowBits,
	}
	if o.ClientMaxWindowBits == -1 {
		config.ClientMaxWindowBits = deflate.ClientMaxWindowBitsAny
	}
	return config
}

// offerCompression adds the offer to a request. Once the handshake is done, the Params
// hold the server's answer.
func (c *connection) offerCompression(request *handshake.Request) *deflate.Params {
	agreed := new(deflate.Params)
	if c.dialing.Compression == nil {
		return agreed
	}
	config := c.dialing.Compression.config()
	request.Extensions = config.Offer()
	request.Negotiate = func(answer []string) (err error) {
		*agreed, err = config.Accept(answer)
		return err
	}
	return agreed
}

// compressLocked makes an open connection compress its messages, if that was agreed on, and
// encode short ones: as they are sent, or as they are compressed.
func (c *connection) compressLocked(agreed deflate.Params) {
	if agreed.InUse {
		c.compressor = deflate.NewCompressor(agreed.Client, c.engine.opts.Memory)
		c.outbox.Compress()
	}
	c.outbox.Encodes, c.outbox.Free = true, freePayload
}

// inflater returns the reverse of the server's compression, or nil if none was agreed on.
func (c *connection) inflater(agreed deflate.Params) proto.Inflater {
	if !agreed.InUse {
		return nil
	}
	return deflate.NewDecompressor(agreed.Server, c.engine.opts.Memory, c.engine.blocks.free)
}

// packLocked compresses the next messages, about a buffer of them, so that the outbox
// hands them out. It gives up the lock meanwhile; messages are compressed by writeLoop
// alone, in their order.
func (c *connection) packLocked(wb *writeBuffer) error {
	for packed := 0; packed < len(wb.bytes); {
		plain, ok := c.outbox.Plain()
		if !ok {
			return nil
		}
		c.mu.Unlock()
		message, owned, err := c.pack(wb, plain)
		c.mu.Lock()
		if err != nil {
			return err
		}
		if packed += len(message); message == nil {
			packed += len(plain)
		}
		c.outbox.Packed(message, owned)
	}
	return nil
}

// pack compresses one message. message is nil if that does not make it shorter.
func (c *connection) pack(wb *writeBuffer, plain string) (message []byte, owned bool, err error) {
	defer c.caught(&err)
	message, shorter := c.compressor.Compress(wb.packed[:0], plain)
	if wb.packed = message; cap(message) > maxPacked {
		wb.packed = nil
	}
	switch {
	case !shorter:
		message = nil
	case len(message) > proto.LargestEncoded:
		message, owned = append(allocBytes(len(message)), message...), true
	}
	return message, owned, nil
}
