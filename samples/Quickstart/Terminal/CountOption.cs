using System.CommandLine;

namespace SparseTopK.Quickstart.Terminal;

/// <summary>Options that count something.</summary>
internal static class CountOption
{
    private const int Largest = 10_000;

    /// <summary>An option that takes a whole number from 1 to 10,000, and says so otherwise.</summary>
    public static Option<int?> Create(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "number" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, out var count) && count is >= 1 and <= Largest))
            {
                result.AddError($"{name} must be a whole number from 1 to {Largest:N0}, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }
}
