using SparseTopK.Experiments;
using SparseTopK.Experiments.Data;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>Settings are chosen on images that no network was trained on, and that no network is compared on.</summary>
public sealed class HeldOutTests
{
    private const int Train = 5000;
    private const int Test = 1000;

    [TorchTheory]
    [InlineData(false, Train)]
    [InlineData(true, 1500)]
    public void Tuning_trains_on_four_fifths_of_the_training_images_and_tests_on_the_others(bool quick, int count)
    {
        using var scope = NewDisposeScope();
        var chosen = Choose(quick, tune: true);
        Assert.Equal(Enumerable.Range(0, count * 4 / 5), Numbers(chosen.Train));
        Assert.Equal(Enumerable.Range(count * 4 / 5, count / 5), Numbers(chosen.Test));
    }

    [TorchTheory]
    [InlineData(false, Train, Test)]
    [InlineData(true, 1500, Test)]
    public void Comparing_trains_on_the_training_images_and_tests_on_the_test_images(bool quick, int train, int test)
    {
        using var scope = NewDisposeScope();
        var chosen = Choose(quick, tune: false);
        Assert.Equal(Enumerable.Range(0, train), Numbers(chosen.Train));
        Assert.Equal(Enumerable.Range(Train, test), Numbers(chosen.Test));
    }

    private static Images Choose(bool quick, bool tune)
    {
        var images = new Images("numbered", Numbered(0, Train), Numbered(Train, Test));
        return new Settings(images, "", Seeds: null, Epochs: null, quick, tune).ChosenImages();
    }

    /// <summary>Images of one pixel, which is their number.</summary>
    private static ImageTensors Numbered(int first, int count)
    {
        var numbers = Enumerable.Range(first, count).ToArray();
        return new(
            tensor(Array.ConvertAll(numbers, number => (float)number), [count, 1, 1, 1]), tensor(Array.ConvertAll(numbers, number => (long)number)));
    }

    private static IEnumerable<int> Numbers(ImageTensors images)
    {
        Assert.Equal(images.Labels.contiguous().data<long>().ToArray(), images.Images.contiguous().data<float>().ToArray().Select(pixel => (long)pixel));
        return images.Labels.contiguous().data<long>().ToArray().Select(label => (int)label);
    }
}
