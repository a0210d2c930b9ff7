namespace SparseTopK.Quickstart;

/// <summary>The learning rate of each method that trains.</summary>
internal sealed record LearningRates(double Dense, double StraightThrough, double SoftTopK);

/// <summary>What to run.</summary>
/// <param name="Seeds">How many seeds; each trains every network again.</param>
/// <param name="Epochs">Passes over the training images for each network.</param>
/// <param name="Sparsities">The shares of weights that are 0, in percent.</param>
/// <param name="LearningRates">One for each method, at all sparsities.</param>
internal sealed record Settings(int Seeds, int Epochs, int[] Sparsities, LearningRates LearningRates)
{
    private static readonly int[] AllSparsities = [80, 90, 95, 98, 99];

    // For each method and data set, the best of 0.001, 0.003, 0.01 and 0.03 (in the mean over the sparsities) where a quarter of
    // the training images was held out; the test images had no part in it. README.md has the numbers.
    private static readonly LearningRates DigitsRates = new(0.03, 0.003, 0.03);
    private static readonly LearningRates FashionRates = new(0.01, 0.01, 0.01);

    /// <summary>The defaults of the command line.</summary>
    /// <param name="quick">A budget of seconds: whether all works, not how well.</param>
    /// <param name="fromDirectory">Whether the images come from a directory, larger and more than the digits.</param>
    public static Settings Default(bool quick, bool fromDirectory) => (quick, fromDirectory) switch
    {
        (true, true) => new(2, 1, [90, 98], FashionRates),
        (true, false) => new(2, 10, [90, 98], DigitsRates),
        (false, true) => new(3, 10, AllSparsities, FashionRates),
        (false, false) => new(10, 60, AllSparsities, DigitsRates),
    };
}
