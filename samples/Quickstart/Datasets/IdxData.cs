namespace SparseTopK.Quickstart.Datasets;

/// <summary>A directory of IDX files with the names of MNIST: MNIST itself, Fashion-MNIST, KMNIST and others with ten classes.</summary>
internal static class IdxData
{
    /// <summary>Training takes the first 10,000 images of the training part, so that a run stays within minutes.</summary>
    public const int LargestTrainingSet = 10_000;

    /// <summary>Reads the four files.</summary>
    /// <exception cref="DataFileException">The directory or a file is missing, damaged, or does not match the others.</exception>
    public static Dataset Load(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DataFileException(directory, "no such directory", "one with train-images-idx3-ubyte and the other files of MNIST");
        }

        var train = Read(directory, "train", LargestTrainingSet, out var trainImages);
        var test = Read(directory, "t10k", int.MaxValue, out var testImages);
        if (!testImages.Sizes.AsSpan(1).SequenceEqual(trainImages.Sizes.AsSpan(1)))
        {
            throw new DataFileException(
                testImages.Path, $"images of {Shape(testImages)} pixels", $"{Shape(trainImages)}, as in {trainImages.Path}");
        }

        return new Dataset(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))), train, test);
    }

    private static ImageSet Read(string directory, string part, int limit, out IdxFile images)
    {
        images = IdxFile.Read(directory, $"{part}-images-idx3-ubyte", 3);
        var labels = IdxFile.Read(directory, $"{part}-labels-idx1-ubyte", 1);
        if (labels.Sizes[0] != images.Sizes[0])
        {
            throw new DataFileException(labels.Path, $"{labels.Sizes[0]} labels", $"{images.Sizes[0]}, one for each image of {images.Path}");
        }

        var wrong = labels.Values.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Dataset.Classes - 1));
        if (wrong >= 0)
        {
            throw new DataFileException(
                labels.Path, $"label {wrong} is {labels.Values[wrong]}", $"labels from 0 to {Dataset.Classes - 1}");
        }

        var count = Math.Min(limit, images.Sizes[0]);
        var pixelsPerImage = images.Sizes[1] * images.Sizes[2];
        return new ImageSet(
            Array.ConvertAll(images.Values[..(count * pixelsPerImage)], value => value / 255f),
            Array.ConvertAll(labels.Values[..count], value => (int)value),
            pixelsPerImage);
    }

    private static string Shape(IdxFile images) => $"{images.Sizes[1]} x {images.Sizes[2]}";
}
