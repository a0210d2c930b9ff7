using System.Buffers.Binary;
using System.IO.Compression;
using SparseTopK.Quickstart.Datasets;
using Xunit;

namespace SparseTopK.Tests.Samples;

/// <summary>Files in the format of MNIST, whole and damaged.</summary>
public sealed class IdxFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("idx");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_is_read_plain_or_compressed(bool isCompressed)
    {
        byte[] values = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)i)];
        Write(isCompressed, [.. Header(3, 3, 1000, 1000), .. values]);
        var file = IdxFile.Read(_folder.FullName, "images", 3);
        Assert.Equal([3, 1000, 1000], file.Sizes);
        Assert.True(values.AsSpan().SequenceEqual(file.Values));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_file_is_named_with_what_is_wrong(bool isCompressed)
    {
        Refuses("7 bytes", [0, 0, 8, 1, 0, 0, 0]);
        Refuses("0x00000803", [.. Header(3, 2, 1, 1), 1, 2]);
        Refuses("size 1 is -1", Header(1, -1));
        Refuses("size 1 is 0", Header(1, 0));
        Refuses("2 values; expected 3", [.. Header(1, 3), 1, 2]);
        Refuses("more values; expected 3", [.. Header(1, 3), 1, 2, 3, 4]);
        Refuses("2 values; expected 2147000000", [.. Header(1, 2_147_000_000), 1, 2]);

        void Refuses(string text, byte[] bytes)
        {
            Write(isCompressed, bytes);
            var error = Assert.Throws<DataFileException>(() => IdxFile.Read(_folder.FullName, "images", 1));
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
            Assert.Contains("images", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sizes_beyond_an_array_are_refused()
    {
        Write(false, Header(3, int.MaxValue, int.MaxValue, int.MaxValue));
        Assert.Contains("at most", Assert.Throws<DataFileException>(() => IdxFile.Read(_folder.FullName, "images", 3)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2_147_000_000, 1)]
    public void What_is_read_follows_the_header_and_the_file(int promised, int megabytes)
    {
        // Unpacked, the one file is longer than its header says, and the other's header promises more than there is.
        Write(true, [.. Header(1, promised), .. new byte[megabytes << 20]]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DataFileException>(() => IdxFile.Read(_folder.FullName, "images", 1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    private static byte[] Header(int dimensions, params int[] sizes)
    {
        var header = new byte[4 * (1 + sizes.Length)];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x800 | dimensions);
        for (var i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 * (1 + i)), sizes[i]);
        }

        return header;
    }

    private void Write(bool isCompressed, byte[] bytes)
    {
        using var file = File.Create(Path.Combine(_folder.FullName, isCompressed ? "images.gz" : "images"));
        using Stream stream = isCompressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(bytes);
    }
}
