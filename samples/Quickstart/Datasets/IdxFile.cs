using System.Buffers.Binary;
using System.IO.Compression;

namespace SparseTopK.Quickstart.Datasets;

/// <summary>One file in the IDX format of MNIST, plain or compressed with gzip: a magic number, the sizes, then one byte per value.</summary>
internal sealed record IdxFile(string Path, int[] Sizes, byte[] Values)
{
    private const int UnsignedByte = 0x08;

    /// <summary>Reads <paramref name="name"/>, or <paramref name="name"/>.gz where there is no such file.</summary>
    /// <param name="directory">The directory of the file.</param>
    /// <param name="name">The name of the file, without .gz.</param>
    /// <param name="dimensions">How many sizes the file must have: 3 for images, 1 for labels.</param>
    /// <remarks>No more is read than the header promises and one byte, so that a file of any size costs no more memory than that.</remarks>
    /// <exception cref="DataFileException">The file is missing or damaged.</exception>
    public static IdxFile Read(string directory, string name, int dimensions)
    {
        var path = System.IO.Path.Combine(directory, name);
        var compressed = path + ".gz";
        if (!File.Exists(path) && !File.Exists(compressed))
        {
            throw new DataFileException(path, "no such file", $"this file or {name}.gz, in the IDX format of MNIST");
        }

        return Read(File.Exists(path) ? path : compressed, dimensions);
    }

    private static IdxFile Read(string path, int dimensions)
    {
        try
        {
            using var file = File.OpenRead(path);
            using Stream bytes = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            var sizes = ReadHeader(path, bytes, dimensions);
            return new IdxFile(path, sizes, ReadValues(path, bytes, sizes));
        }
        catch (InvalidDataException e)
        {
            throw new DataFileException(path, "its compression is damaged", "a complete gzip file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, $"it cannot be read ({e.Message.TrimEnd('.')})", "a readable file", e);
        }
    }

    private static int[] ReadHeader(string path, Stream bytes, int dimensions)
    {
        var header = new byte[4 * (1 + dimensions)];
        var read = bytes.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read < header.Length)
        {
            throw new DataFileException(path, $"{read} bytes", $"an IDX header of {header.Length} bytes");
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var expectedMagic = (uint)((UnsignedByte << 8) | dimensions);
        if (magic != expectedMagic)
        {
            throw new DataFileException(path, $"magic number 0x{magic:X8}", $"0x{expectedMagic:X8} (unsigned bytes, {dimensions} dimension(s))");
        }

        var sizes = new int[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 * (1 + i)));
            if (sizes[i] <= 0)
            {
                throw new DataFileException(path, $"size {i + 1} is {sizes[i]}", "a positive number");
            }
        }

        return sizes;
    }

    private static byte[] ReadValues(string path, Stream bytes, int[] sizes)
    {
        var text = string.Join(" x ", sizes);
        var expected = sizes.Aggregate(1.0, (product, size) => product * size);
        if (expected > Array.MaxLength)
        {
            throw new DataFileException(path, $"sizes {text} in its header", $"at most {Array.MaxLength} values");
        }

        // The array grows with what is there: a header may promise more than the file has.
        var (values, read) = (new byte[Math.Min((int)expected, 1 << 20)], 0);
        while (bytes.Read(values.AsSpan(read)) is > 0 and var more)
        {
            read += more;
            if (read == values.Length && read < (int)expected)
            {
                Array.Resize(ref values, (int)Math.Min(expected, 2.0 * read));
            }
        }

        return read == (int)expected && bytes.ReadByte() < 0
            ? values
            : throw new DataFileException(
                path, read < (int)expected ? $"{read} values" : "more values", $"{expected:F0} for the sizes {text} in its header");
    }
}
