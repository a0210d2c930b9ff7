using SparseTopK.Experiments.Data;

namespace SparseTopK.Experiments;

/// <summary>What the command line asks for.</summary>
/// <param name="Images">The images.</param>
/// <param name="Output">The folder of the results.</param>
/// <param name="Seeds">How many; null for the experiment's own number.</param>
/// <param name="Epochs">How many; null for the experiment's own number.</param>
/// <param name="Quick">A small form: it shows that everything works, not how well.</param>
/// <param name="Tune">Tries the settings of every method on held-out images instead.</param>
internal sealed record Settings(Images Images, string Output, int? Seeds, int? Epochs, bool Quick, bool Tune)
{
    /// <summary>The first seed of runs that choose settings: none of those that are compared.</summary>
    public const int TuningSeed = 1000;

    private const int QuickImages = 1500;

    /// <summary>The images to train and test on: fewer in the quick form, none of the test images while settings are chosen.</summary>
    public Images ChosenImages()
    {
        var images = Quick ? Images.First(QuickImages, QuickImages) : Images;
        return Tune ? images.HeldOut() : images;
    }
}
