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
    /// <exception cref="DataFileException">The file is missing or damaged.</exception>
    public static IdxFile Read(string directory, string name, int dimensions)
    {
        var path = System.IO.Path.Combine(directory, name);
        var compressed = path + ".gz";
        if (!File.Exists(path) && !File.Exists(compressed))
        {
            throw new DataFileException(path, "no such file", $"this file or {name}.gz, in the IDX format of MNIST");
        }

        var found = File.Exists(path) ? path : compressed;
        return Parse(found, ReadBytes(found), dimensions);
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            if (!path.EndsWith(".gz", StringComparison.Ordinal))
            {
                return File.ReadAllBytes(path);
            }

            using var file = File.OpenRead(path);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var bytes = new MemoryStream();
            unzipped.CopyTo(bytes);
            return bytes.ToArray();
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

    private static IdxFile Parse(string path, byte[] bytes, int dimensions)
    {
        var header = 4 * (1 + dimensions);
        if (bytes.Length < header)
        {
            throw new DataFileException(path, $"{bytes.Length} bytes", $"an IDX header of {header} bytes");
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var expectedMagic = (uint)((UnsignedByte << 8) | dimensions);
        if (magic != expectedMagic)
        {
            throw new DataFileException(path, $"magic number 0x{magic:X8}", $"0x{expectedMagic:X8} (unsigned bytes, {dimensions} dimension(s))");
        }

        var sizes = new int[dimensions];
        var values = 1.0;
        for (var i = 0; i < dimensions; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * (1 + i)));
            values *= sizes[i] > 0 ? sizes[i] : throw new DataFileException(path, $"size {i + 1} is {sizes[i]}", "a positive number");
        }

        return bytes.Length == header + values
            ? new IdxFile(path, sizes, bytes[header..])
            : throw new DataFileException(
                path, $"{bytes.Length} bytes (unpacked)", $"{header + values:F0} for the sizes {string.Join(" x ", sizes)} in its header");
    }
}
