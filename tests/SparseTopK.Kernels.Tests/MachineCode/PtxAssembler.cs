using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseTopK.Kernels.Tests.MachineCode;

/// <summary>NVIDIA's assembler: ptxas of the PATH, or the one that the environment variable PTXAS names. It needs no device.</summary>
internal static partial class PtxAssembler
{
    private static readonly string Program = Environment.GetEnvironmentVariable("PTXAS") is { Length: > 0 } path ? path : "ptxas";

    /// <summary>The reason for which it cannot be used, or null.</summary>
    public static string? Missing { get; } = WhyNot();

    /// <summary>What a kernel takes of an sm_90 device.</summary>
    public static KernelCost Assemble(string ptx)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (source, binary) = (Path.Combine(folder.FullName, "kernel.ptx"), Path.Combine(folder.FullName, "kernel.cubin"));
            File.WriteAllText(source, ptx);
            var report = Run(Program, "-v", "-arch=sm_90", "-o", binary, source);
            return new(Number(Registers(), report), Number(Stack(), report), Number(Spilled(), report), Instructions(binary));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The instructions of the machine code, where nvdisasm lies beside ptxas.</summary>
    private static int? Instructions(string binary)
    {
        var disassembler = Path.Combine(Path.GetDirectoryName(Program)!, "nvdisasm");
        return File.Exists(disassembler) ? Instruction().Count(Run(disassembler, "-c", binary)) : null;
    }

    private static int Number(Regex pattern, string report) =>
        pattern.Match(report) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static string? WhyNot()
    {
        try
        {
            Run(Program, "--version");
            return null;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return $"NVIDIA's assembler is not here: {error.Message}";
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {output}");
    }

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex Spilled();

    [GeneratedRegex(@"^\s+/\*[0-9a-f]{4,}\*/", RegexOptions.Multiline)]
    private static partial Regex Instruction();
}

/// <param name="Registers">Of each thread.</param>
/// <param name="Stack">Bytes of each thread in local memory.</param>
/// <param name="Spilled">Bytes of registers that did not fit and are stored there.</param>
/// <param name="Instructions">Of the machine code, or null where there was no disassembler.</param>
internal readonly record struct KernelCost(int Registers, int Stack, int Spilled, int? Instructions);
