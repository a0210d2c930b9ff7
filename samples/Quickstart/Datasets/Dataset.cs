namespace SparseTopK.Quickstart.Datasets;

/// <summary>Images and their labels: pixels from 0 to 1, one image after the other.</summary>
internal sealed record ImageSet(float[] Pixels, int[] Labels, int PixelsPerImage)
{
    public int Count => Labels.Length;

    public ReadOnlySpan<float> Image(int index) => Pixels.AsSpan(index * PixelsPerImage, PixelsPerImage);

    /// <summary>The images with these indices, in this order.</summary>
    public ImageSet Take(ReadOnlySpan<int> indices)
    {
        var pixels = new float[indices.Length * PixelsPerImage];
        var labels = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            Image(indices[i]).CopyTo(pixels.AsSpan(i * PixelsPerImage));
            labels[i] = Labels[indices[i]];
        }

        return new ImageSet(pixels, labels, PixelsPerImage);
    }
}

/// <summary>What to train on, what to test on, and how to name it.</summary>
internal sealed record Dataset(string Name, ImageSet Train, ImageSet Test)
{
    public const int Classes = 10;
}

/// <summary>A data file is missing or damaged. The message names the file and says what was expected.</summary>
internal sealed class DataFileException(string file, string problem, string expected, Exception? cause = null)
    : Exception($"{file}: {problem}; expected {expected}.", cause);
