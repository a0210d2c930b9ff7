using System.Numerics.Tensors;
using SparseTopK.Quickstart.Datasets;

namespace SparseTopK.Experiments.Data;

/// <summary>What an experiment trains on and what it is tested on.</summary>
internal sealed record Images(string Name, ImageTensors Train, ImageTensors Test)
{
    public const int Classes = Dataset.Classes;

    private const string DebianFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>Loads IDX files from a folder; without one from where Debian's package dataset-fashion-mnist puts them; without that the
    /// digits that the program carries.</summary>
    /// <exception cref="DataFileException">A file is missing or damaged.</exception>
    public static Images Load(DirectoryInfo? folder)
    {
        var path = folder?.FullName ?? (Directory.Exists(DebianFolder) ? DebianFolder : null);
        return From(path is null ? DigitsData.Load() : IdxData.Load(path));
    }

    /// <summary>The digits alone.</summary>
    public static Images Digits() => From(DigitsData.Load());

    /// <summary>The first <paramref name="train"/> and <paramref name="test"/> images.</summary>
    public Images First(long train, long test) => this with
    {
        Train = Train.Slice(0, Math.Min(train, Train.Count)),
        Test = Test.Slice(0, Math.Min(test, Test.Count)),
    };

    /// <summary>The training images alone: the last fifth takes the place of the test images, which settings must not be chosen by.</summary>
    public Images HeldOut()
    {
        var split = Train.Count * 4 / 5;
        return new($"{Name}, held out", Train.Slice(0, split), Train.Slice(split, Train.Count));
    }

    private static Images From(Dataset dataset)
    {
        var side = (int)Math.Sqrt(dataset.Train.PixelsPerImage);
        if (side * side != dataset.Train.PixelsPerImage || side % 4 != 0)
        {
            throw new DataFileException(dataset.Name, $"images of {dataset.Train.PixelsPerImage} pixels", "square ones, with a side that 4 divides");
        }

        var mean = TensorPrimitives.Average<float>(dataset.Train.Pixels);
        var deviation = TensorPrimitives.StdDev<float>(dataset.Train.Pixels);
        return new(
            dataset.Name, ImageTensors.From(dataset.Train, side, mean, deviation), ImageTensors.From(dataset.Test, side, mean, deviation));
    }
}
