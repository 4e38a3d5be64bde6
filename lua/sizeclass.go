package lua

// The sizes that Go's allocator rounds small objects up to, so that charges are close to
// the heap's real size. Nominal: a fixed table, the same on every system.
var sizeClasses = [...]int{
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
	512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
	5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
	21760, 24576, 27264, 28672, 32768,
}

// smallClass has the class of each size up to 1024, in steps of 8.
var smallClass = func() (table [1024/8 + 1]uint16) {
	class := 0
	for i := range table {
		for sizeClasses[class] < i*8 {
			class++
		}
		table[i] = uint16(sizeClasses[class])
	}
	return table
}()

const pageSize = 8192

// sizeClass returns how many bytes Go takes for an object of a size.
func sizeClass(size int) int {
	if size <= 1024 {
		return int(smallClass[(size+7)/8])
	}
	if size > 32768-512 {
		return (size + pageSize - 1) &^ (pageSize - 1)
	}
	low, high := 0, len(sizeClasses)-1
	for low < high {
		if mid := (low + high) / 2; sizeClasses[mid] < size {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return sizeClasses[low]
}

// pointerClass is sizeClass for an object with pointers: those of a middle size have a
// word in front that says where.
func pointerClass(size int) int {
	if size > 512 && size <= 32768-8 {
		size += 8
	}
	return sizeClass(size)
}
