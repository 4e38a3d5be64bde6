package deflate

// Answer is the server's side: it reads the values of all Sec-WebSocket-Extensions fields
// of a request and accepts the first offer that is legal, other extensions passed over.
// answer is the field's value in the response. It is empty if there is no such offer; the
// server then leaves the field out, and nothing is compressed (RFC 7692 §5.1). The error
// is rule.ExtensionMalformed: the server has to refuse the client for it (RFC 6455 §9.1).
// c is valid.
func Answer(offers []string, c Config) (answer string, p Params, err error) {
	extensions, err := parseExtensions(offers)
	if err != nil {
		return "", Params{}, err
	}
	for _, extension := range extensions {
		if extension.name != name {
			continue
		}
		if offer, err := parseParameters(extension); err == nil {
			agreed := c.agree(offer)
			return agreed.Offer(), Config{}.merge(agreed), nil
		}
	}
	return "", Params{}, nil
}

// agree returns the answer to an offer: the client's wishes, its promises about itself,
// which spare us memory, and c's wishes on top. The client's window is bounded only if it
// offered that (RFC 7692 §7.1.2.2).
func (c Config) agree(offer Config) Config {
	agreed := Config{
		ServerNoContextTakeover: c.ServerNoContextTakeover || offer.ServerNoContextTakeover,
		ClientNoContextTakeover: c.ClientNoContextTakeover || offer.ClientNoContextTakeover,
	}
	if c.ServerMaxWindowBits > 0 || offer.ServerMaxWindowBits > 0 {
		agreed.ServerMaxWindowBits = smallerBits(c.ServerMaxWindowBits, offer.ServerMaxWindowBits)
	}
	if offer.ClientMaxWindowBits > 0 || offer.ClientMaxWindowBits == ClientMaxWindowBitsAny &&
		c.ClientMaxWindowBits > 0 {
		agreed.ClientMaxWindowBits = smallerBits(c.ClientMaxWindowBits, offer.ClientMaxWindowBits)
	}
	return agreed
}
