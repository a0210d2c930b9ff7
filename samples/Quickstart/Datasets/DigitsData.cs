using System.Globalization;
using System.IO.Compression;
using System.Reflection;

namespace SparseTopK.Quickstart.Datasets;

/// <summary>The UCI optical digits that this program carries: 1,797 images of 8 x 8 pixels. See data/README.md for their source.</summary>
internal static class DigitsData
{
    public const int Images = 1797;

    private const string ResourceName = "digits.csv.gz";
    private const int PixelsPerImage = 64;
    private const int LargestPixel = 16;
    private const int TestImages = 450;

    /// <summary>450 images, the same for every seed of the experiment, are for testing and the other 1,347 for training.</summary>
    public static Dataset Load()
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourceName)
            ?? throw new DataFileException(ResourceName, "it is not in this program", "an embedded resource of this name");
        var all = Read(resource);
        var order = Enumerable.Range(0, all.Count).ToArray();
        new Random(0).Shuffle(order);
        return new Dataset("UCI optical digits", all.Take(order.AsSpan(TestImages)), all.Take(order.AsSpan(0, TestImages)));
    }

    private static ImageSet Read(Stream compressed)
    {
        var pixels = new float[Images * PixelsPerImage];
        var labels = new int[Images];
        using var reader = new StreamReader(new GZipStream(compressed, CompressionMode.Decompress));
        var count = 0;
        while (reader.ReadLine() is { } line)
        {
            if (count == Images)
            {
                throw new DataFileException(ResourceName, $"more than {Images} lines", $"{Images}");
            }

            labels[count] = ReadLine(line, count + 1, pixels.AsSpan(count * PixelsPerImage, PixelsPerImage));
            count++;
        }

        return count == Images
            ? new ImageSet(pixels, labels, PixelsPerImage)
            : throw new DataFileException(ResourceName, $"{count} lines", $"{Images}");
    }

    /// <summary>Reads 64 pixels and returns the label that follows them.</summary>
    private static int ReadLine(string line, int lineNumber, Span<float> pixels)
    {
        var fields = line.Split(',');
        var values = new int[PixelsPerImage + 1];
        for (var i = 0; i < values.Length; i++)
        {
            var limit = i < PixelsPerImage ? LargestPixel : Dataset.Classes - 1;
            if (fields.Length != values.Length
                || !int.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out values[i])
                || values[i] > limit)
            {
                throw new DataFileException(
                    ResourceName, $"line {lineNumber} is damaged", "64 pixels from 0 to 16 and a digit, separated by commas");
            }
        }

        for (var i = 0; i < PixelsPerImage; i++)
        {
            pixels[i] = values[i] / (float)LargestPixel;
        }

        return values[PixelsPerImage];
    }
}
